-- See that what is there has a version. $1 id
SELECT synapsed_definition_pin('tool', t.id, NULL, t.definition)
  FROM tools t, synapsed_definition_lock('tool', $1)
 WHERE t.id = $1
