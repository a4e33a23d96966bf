-- The life of each queue in Redis, as Postgres remembers it: what the lead clerk compares
-- Redis with. n, run_id: the newest lineage that was seen in Redis; recovering: number of
-- the newest recovery; rebuilds_asked by people, rebuilds_done by the lead.
CREATE TABLE IF NOT EXISTS queue_lineages (
	queue VARCHAR(64) NOT NULL,
	n BIGINT NOT NULL DEFAULT 0,
	run_id TEXT NOT NULL DEFAULT '',
	recovering BIGINT NOT NULL DEFAULT 0,
	rebuilds_asked BIGINT NOT NULL DEFAULT 0,
	rebuilds_done BIGINT NOT NULL DEFAULT 0,
	state TEXT NOT NULL DEFAULT 'new',
	pushed BIGINT NOT NULL DEFAULT 0,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	PRIMARY KEY (queue)
) WITH (fillfactor = 50);
