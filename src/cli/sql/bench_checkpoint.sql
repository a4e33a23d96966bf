-- Files of the log that are behind us become files of the log ahead (min_wal_size)
CHECKPOINT
