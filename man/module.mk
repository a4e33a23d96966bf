dist_man_MANS = man/synapsed.yaml.5
EXTRA_DIST += etc/synapsed.yaml
