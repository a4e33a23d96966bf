-- $1 id, $2 name, $3 definition (JSON text), $4 tenant, $5 description or NULL
INSERT INTO orchestrations (id, name, description, definition, tenant_id, created_at,
			    updated_at, is_active)
VALUES ($1, $2, coalesce($5, ''), $3::jsonb, $4, now(), now(), true)
    ON CONFLICT (id) DO UPDATE
   SET name = excluded.name, description = excluded.description,
       definition = excluded.definition, tenant_id = excluded.tenant_id,
       updated_at = now()
