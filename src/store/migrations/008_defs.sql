-- Definitions of all four kinds under one hand: versions, tombstones, what folders have
-- synced, and the settings of the fleet. Stock tables keep their columns.

-- A definition that was deleted: its row is gone, its versions stay for the runs that have
-- pinned them. version: the last that there was.
CREATE TABLE IF NOT EXISTS definition_tombstones (
	kind TEXT NOT NULL,
	id VARCHAR(255) NOT NULL,
	name VARCHAR(500) NOT NULL DEFAULT '',
	version BIGINT NOT NULL DEFAULT 0,
	deleted_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (kind, id)
);

-- What a data folder had in it when it was synced: sha256 is that of the text as it was
-- sent. What is here and no longer in the folder was deleted there.
CREATE TABLE IF NOT EXISTS definition_sources (
	source TEXT NOT NULL,
	kind TEXT NOT NULL,
	id VARCHAR(255) NOT NULL,
	sha256 TEXT NOT NULL,
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (source, kind, id)
);

-- The last sync of each data folder: its files as they were (JSON text), and the answer.
CREATE TABLE IF NOT EXISTS definition_syncs (
	source TEXT NOT NULL,
	synced_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	files TEXT NOT NULL DEFAULT '[]',
	answer TEXT NOT NULL DEFAULT '{}',
	PRIMARY KEY (source)
);

-- Settings of the fleet, saved by the page. A change is a new row; the greatest version is
-- in force. settings: a JSON object of option keys and values, as text.
CREATE TABLE IF NOT EXISTS fleet_settings (
	version BIGINT NOT NULL,
	settings TEXT NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	changed_by TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (version)
);

-- Headers that say what a request is and not who sends it.
CREATE OR REPLACE FUNCTION synapsed_plain_header(name text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT lower(name) IN ('accept', 'accept-charset', 'accept-encoding',
			       'accept-language', 'cache-control', 'content-type',
			       'user-agent')
	$$;

-- One member of a definition with its secrets: old NULL masks each of them, else each mask
-- (and each blank) becomes what old has under that name, or goes.
CREATE OR REPLACE FUNCTION synapsed_secrets(member text, now_ jsonb, old jsonb, mask boolean)
	RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT CASE
	       WHEN jsonb_typeof(now_) = 'object' THEN (
			SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}')
			  FROM (SELECT n.key,
				       CASE
				       WHEN member = 'headers' AND synapsed_plain_header(n.key)
				       THEN n.value
				       WHEN mask THEN to_jsonb('xxxxxxxxx'::text)
				       WHEN n.value IN ('"xxxxxxxxx"', '""') THEN old->n.key
				       ELSE n.value
				       END AS value
				  FROM jsonb_each(now_) n) e
			 WHERE e.value IS NOT NULL)
	       WHEN member = 'token' AND mask AND now_ NOT IN ('""', 'null')
	       THEN to_jsonb('xxxxxxxxx'::text)
	       WHEN member = 'token' AND NOT mask AND now_ = '"xxxxxxxxx"'
	       THEN coalesce(old, '""')
	       ELSE now_
	       END
	$$;

-- A definition as it may be shown: what only its user needs to know is masked.
CREATE OR REPLACE FUNCTION synapsed_masked(kind text, definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT CASE
	       WHEN kind NOT IN ('tool', 'mcp_server') OR jsonb_typeof(definition) <> 'object'
	       THEN definition
	       ELSE (SELECT coalesce(jsonb_object_agg(e.key,
				CASE WHEN e.key IN ('headers', 'env', 'token')
				     THEN synapsed_secrets(e.key, e.value, NULL, true)
				     ELSE e.value END), '{}')
		       FROM jsonb_each(definition) e)
	       END
	$$;

-- A definition whose masks stand for what the one before it has.
CREATE OR REPLACE FUNCTION synapsed_unmasked(kind text, definition jsonb, old jsonb)
	RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$
	SELECT CASE
	       WHEN kind NOT IN ('tool', 'mcp_server') OR jsonb_typeof(definition) <> 'object'
	       THEN definition
	       ELSE (SELECT coalesce(jsonb_object_agg(e.key,
				CASE WHEN e.key IN ('headers', 'env', 'token')
				     THEN synapsed_secrets(e.key, e.value, old->e.key, false)
				     ELSE e.value END), '{}')
		       FROM jsonb_each(definition) e)
	       END
	$$;

-- The row of a definition in its stock table; none when it is deleted or inactive.
CREATE OR REPLACE FUNCTION synapsed_definition_row(p_kind text, p_id text)
	RETURNS TABLE (name text, description text, definition jsonb, tenant_id text,
		       updated_at timestamptz)
	LANGUAGE plpgsql
	AS $$
	BEGIN
		IF p_kind = 'orchestration' THEN
			RETURN QUERY SELECT t.name::text, t.description, t.definition,
					    t.tenant_id::text, t.updated_at
				       FROM orchestrations t
				      WHERE t.id = p_id AND t.is_active IS NOT FALSE
					FOR UPDATE;
		ELSIF p_kind = 'agent' THEN
			RETURN QUERY SELECT t.name::text, NULL::text, t.definition,
					    t.tenant_id::text, t.updated_at
				       FROM agents t WHERE t.id = p_id FOR UPDATE;
		ELSIF p_kind = 'tool' THEN
			RETURN QUERY SELECT t.name::text, NULL::text, t.definition,
					    t.tenant_id::text, t.updated_at
				       FROM tools t WHERE t.id = p_id FOR UPDATE;
		ELSE
			RETURN QUERY SELECT t.label::text, NULL::text, t.definition,
					    t.tenant_id::text, t.updated_at
				       FROM mcp_servers t WHERE t.name = p_id FOR UPDATE;
		END IF;
	END
	$$;

-- Make the text the newest version, if it is another; the number of the newest.
CREATE OR REPLACE FUNCTION synapsed_definition_pin(p_kind text, p_id text, p_text text,
						   p_definition jsonb) RETURNS bigint
	LANGUAGE plpgsql
	AS $$
	DECLARE
		newest record;
		this text := encode(sha256(convert_to(p_definition::text, 'UTF8')), 'hex');
	BEGIN
		SELECT v.version, v.sha256 INTO newest
		  FROM definition_versions v
		 WHERE v.kind = p_kind AND v.id = p_id
		 ORDER BY v.version DESC
		 LIMIT 1;
		IF FOUND AND newest.sha256 = this THEN
			RETURN newest.version;
		END IF;
		INSERT INTO definition_versions (kind, id, version, definition, sha256)
		VALUES (p_kind, p_id, coalesce(newest.version, 0) + 1,
			CASE WHEN p_kind IN ('tool', 'mcp_server')
			     THEN synapsed_masked(p_kind, p_definition)::text
			     ELSE p_text END, this);
		RETURN coalesce(newest.version, 0) + 1;
	END
	$$;

-- Only one at a time makes versions of a definition. The wait is bounded by lock_timeout.
CREATE OR REPLACE FUNCTION synapsed_definition_lock(p_kind text, p_id text) RETURNS void
	LANGUAGE sql
	AS $$
	SELECT pg_advisory_xact_lock(hashtextextended(p_kind || ':' || p_id, 7310591443019))
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

-- Delete a definition and leave its tombstone. outcome: deleted, none, changed, tenant.
CREATE OR REPLACE FUNCTION synapsed_definition_delete(
	p_kind text, p_id text, p_only_tenant text, p_expect bigint,
	OUT outcome text, OUT version bigint)
	LANGUAGE plpgsql
	AS $$
	DECLARE
		old record;
	BEGIN
		PERFORM synapsed_definition_lock(p_kind, p_id);
		SELECT * INTO old FROM synapsed_definition_row(p_kind, p_id);
		IF NOT FOUND THEN
			outcome := 'none';
			RETURN;
		END IF;
		version := synapsed_definition_pin(p_kind, p_id, old.definition::text,
						   old.definition);
		IF old.tenant_id IS DISTINCT FROM coalesce(p_only_tenant, old.tenant_id) THEN
			outcome := 'tenant';
			RETURN;
		ELSIF p_expect <> version THEN
			outcome := 'changed';
			RETURN;
		END IF;
		IF p_kind = 'orchestration' THEN
			DELETE FROM orchestrations WHERE id = p_id;
		ELSIF p_kind = 'agent' THEN
			DELETE FROM agents WHERE id = p_id;
		ELSIF p_kind = 'tool' THEN
			DELETE FROM tools WHERE id = p_id;
		ELSE
			DELETE FROM mcp_servers WHERE name = p_id;
		END IF;
		INSERT INTO definition_tombstones AS t (kind, id, name, version)
		VALUES (p_kind, p_id, old.name, version)
		    ON CONFLICT (kind, id) DO UPDATE
		   SET name = excluded.name, version = excluded.version, deleted_at = now();
		outcome := 'deleted';
	END
	$$;

-- One definition of a data folder. sha256: of the text as the folder has it. outcome: as of
-- synapsed_definition_put(), or newer: the folder's is as it was at its last sync, and the
-- store's was changed since; deleted: it was deleted since. Those stay, unless force.
CREATE OR REPLACE FUNCTION synapsed_definition_sync(
	p_source text, p_kind text, p_id text, p_name text, p_description text,
	p_definition text, p_sha256 text, p_tenant text, p_force boolean,
	OUT outcome text, OUT version bigint, OUT detail text)
	LANGUAGE plpgsql
	AS $$
	DECLARE
		old record;
		put record;
		before text;
	BEGIN
		SELECT s.sha256 INTO before
		  FROM definition_sources s
		 WHERE s.source = p_source AND s.kind = p_kind AND s.id = p_id;
		IF before = p_sha256 AND NOT p_force THEN
			PERFORM synapsed_definition_lock(p_kind, p_id);
			SELECT * INTO old FROM synapsed_definition_row(p_kind, p_id);
			IF NOT FOUND THEN
				outcome := 'deleted';
				RETURN;
			ELSIF old.definition <> synapsed_unmasked(p_kind, p_definition::jsonb,
								  old.definition) THEN
				outcome := 'newer';
				RETURN;
			END IF;
		END IF;
		SELECT * INTO put
		  FROM synapsed_definition_put(p_kind, p_id, p_name, p_description, p_definition,
					       p_tenant, NULL, NULL);
		outcome := put.outcome;
		version := put.version;
		detail := put.detail;
		IF outcome IN ('stored', 'same') THEN
			INSERT INTO definition_sources AS s (source, kind, id, sha256)
			VALUES (p_source, p_kind, p_id, p_sha256)
			    ON CONFLICT (source, kind, id) DO UPDATE
			   SET sha256 = excluded.sha256, seen_at = now();
		END IF;
	EXCEPTION WHEN data_exception THEN
		outcome := 'bad';
		detail := SQLERRM;
	END
	$$;

-- What the folder had at its last sync and has no more is deleted; its ids.
CREATE OR REPLACE FUNCTION synapsed_definition_gone(p_source text, p_kind text, p_ids text[])
	RETURNS SETOF text
	LANGUAGE plpgsql
	AS $$
	DECLARE
		gone text;
	BEGIN
		FOR gone IN
			DELETE FROM definition_sources s
			 WHERE s.source = p_source AND s.kind = p_kind AND s.id <> ALL (p_ids)
			RETURNING s.id
		LOOP
			IF (SELECT d.outcome
			      FROM synapsed_definition_delete(p_kind, gone, NULL, NULL) d) = 'deleted'
			THEN
				RETURN NEXT gone;
			END IF;
		END LOOP;
	END
	$$;

-- A moment as the stock API prints it.
CREATE OR REPLACE FUNCTION synapsed_moment(at timestamptz) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$
	SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
	       || CASE WHEN extract(microseconds FROM at)::int8 % 1000000 = 0 THEN ''
		       ELSE to_char(at AT TIME ZONE 'UTC', '.US') END || '+00:00'
	$$;
