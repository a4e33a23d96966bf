-- Give a lease up: whoever asks next has it. $1 name, $2 its holder
UPDATE leases
   SET until = '-infinity'
 WHERE name = $1 AND holder = $2
