-- $1 name, $2 value: a setting of this transaction
SELECT set_config($1, $2, true)
