-- $1 id, $2 name, $3 definition (JSON text), $4 tenant
INSERT INTO agents (id, name, definition, tenant_id, updated_at)
VALUES ($1, $2, $3::jsonb, $4, now())
    ON CONFLICT (id) DO UPDATE
   SET name = excluded.name, definition = excluded.definition,
       tenant_id = excluded.tenant_id, updated_at = now()
