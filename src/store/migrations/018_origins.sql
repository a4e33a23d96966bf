-- A secret goes to no other server than the one it was given for: who may write a tool may
-- not read its headers, and could have had them sent to himself.

-- All in front of a URL's path: of whom it asks.
CREATE OR REPLACE FUNCTION synapsed_origin(url text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT coalesce(lower(substring(url FROM '^[^/?#]*//[^/?#]*')), url)
	$$;

-- Does a definition ask for another server, with masks or blanks that stand for secrets of
-- the one before it (defs_secrets.c has the same rule for files)?
CREATE OR REPLACE FUNCTION synapsed_astray(kind text, definition jsonb, old jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT kind IN ('tool', 'mcp_server')
	       AND jsonb_typeof(definition) = 'object' AND jsonb_typeof(old) = 'object'
	       AND coalesce(definition->>'url', '') <> ''
	       AND synapsed_origin(definition->>'url')
		   IS DISTINCT FROM synapsed_origin(old->>'url')
	       AND (EXISTS (
			SELECT FROM jsonb_each(
				CASE WHEN jsonb_typeof(definition->'headers') = 'object'
				     THEN definition->'headers' ELSE '{}' END) n
			 WHERE NOT synapsed_plain_header(n.key)
			   AND n.value IN ('"xxxxxxxxx"', '""')
			   AND coalesce(old->'headers'->n.key, 'null')
			       NOT IN ('"xxxxxxxxx"', '""', 'null'))
		    OR (definition->'token' = '"xxxxxxxxx"'
			AND coalesce(old->'token', 'null')
			    NOT IN ('"xxxxxxxxx"', '""', 'null')))
	$$;

-- Store a definition. expect: the version that there must be, 0 when there must be none,
-- NULL when any will do. only_tenant: whose definition it must be, if it is there. outcome:
-- stored, same (nothing to do), exists, none, changed, tenant, bad (detail has the reason).
CREATE OR REPLACE FUNCTION synapsed_definition_put(
	p_kind text, p_id text, p_name text, p_description text, p_definition text,
	p_tenant text, p_only_tenant text, p_expect bigint,
	OUT outcome text, OUT version bigint, OUT created boolean, OUT detail text)
	LANGUAGE plpgsql
	AS $$
	DECLARE
		old record;
		fresh jsonb;
		there boolean;
	BEGIN
		PERFORM synapsed_definition_lock(p_kind, p_id);
		SELECT * INTO old FROM synapsed_definition_row(p_kind, p_id);
		there := FOUND;
		created := NOT there;
		IF there THEN
			version := synapsed_definition_pin(p_kind, p_id, old.definition::text,
							   old.definition);
		END IF;
		IF there AND old.tenant_id IS DISTINCT FROM coalesce(p_only_tenant, old.tenant_id)
		THEN
			outcome := 'tenant';
			RETURN;
		ELSIF there AND p_expect = 0 THEN
			outcome := 'exists';
			RETURN;
		ELSIF NOT there AND p_expect > 0 THEN
			outcome := 'none';
			RETURN;
		ELSIF there AND p_expect <> version THEN
			outcome := 'changed';
			RETURN;
		END IF;
		IF synapsed_astray(p_kind, p_definition::jsonb, old.definition) THEN
			outcome := 'bad';
			detail := 'its url names another server than before, for which masked '
				  'headers and a masked token are not kept: say them anew';
			RETURN;
		END IF;
		fresh := synapsed_unmasked(p_kind, p_definition::jsonb, old.definition);
		IF there AND fresh = old.definition THEN
			outcome := 'same';
			RETURN;
		END IF;
		IF p_kind = 'orchestration' THEN
			INSERT INTO orchestrations AS t (id, name, description, definition, tenant_id,
							 created_at, updated_at, is_active)
			VALUES (p_id, p_name, coalesce(p_description, ''), fresh, p_tenant,
				now(), now(), true)
			    ON CONFLICT (id) DO UPDATE
			   SET name = excluded.name, description = excluded.description,
			       definition = excluded.definition, updated_at = now(),
			       is_active = true;
		ELSIF p_kind = 'agent' THEN
			INSERT INTO agents AS t (id, name, definition, tenant_id, updated_at)
			VALUES (p_id, p_name, fresh, p_tenant, now())
			    ON CONFLICT (id) DO UPDATE
			   SET name = excluded.name, definition = excluded.definition,
			       updated_at = now();
		ELSIF p_kind = 'tool' THEN
			INSERT INTO tools AS t (id, name, definition, tenant_id, updated_at)
			VALUES (p_id, p_name, fresh, p_tenant, now())
			    ON CONFLICT (id) DO UPDATE
			   SET name = excluded.name, definition = excluded.definition,
			       updated_at = now();
		ELSE
			INSERT INTO mcp_servers AS t (name, label, definition, tenant_id, updated_at)
			VALUES (p_id, p_name, fresh, p_tenant, now())
			    ON CONFLICT (name) DO UPDATE
			   SET label = excluded.label, definition = excluded.definition,
			       updated_at = now();
		END IF;
		version := synapsed_definition_pin(p_kind, p_id, p_definition, fresh);
		DELETE FROM definition_tombstones t WHERE t.kind = p_kind AND t.id = p_id;
		outcome := 'stored';
	EXCEPTION WHEN data_exception OR integrity_constraint_violation
		       OR program_limit_exceeded THEN
		outcome := 'bad';
		detail := SQLERRM;
	END
	$$;
