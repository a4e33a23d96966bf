-- Who is signed in to the page: a token's SHA-256, so that who reads this table cannot sign
-- in with it. key_id NULL: opened on the host itself while there was no key.
CREATE TABLE IF NOT EXISTS page_sessions (
	token_hash TEXT NOT NULL,
	key_id TEXT,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (token_hash)
);
CREATE INDEX IF NOT EXISTS idx_page_sessions_expires ON page_sessions (expires_at);
