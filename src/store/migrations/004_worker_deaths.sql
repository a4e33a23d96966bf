-- How the last process in a worker's seat died, for those who look at the registry. NULL:
-- none has died, but for those that left in order.
ALTER TABLE workers
	ADD COLUMN IF NOT EXISTS last_death_cause TEXT,
	ADD COLUMN IF NOT EXISTS last_death_at TIMESTAMP WITH TIME ZONE;
