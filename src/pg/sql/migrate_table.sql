CREATE TABLE IF NOT EXISTS schema_migrations (
	number INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	applied_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	least INTEGER NOT NULL DEFAULT 0
);
-- looked at first: ALTER would wait for everybody who has read the table
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_attribute
			WHERE attrelid = 'schema_migrations'::regclass AND attname = 'least')
	THEN
		ALTER TABLE schema_migrations ADD COLUMN least INTEGER NOT NULL DEFAULT 0;
	END IF;
END $$
