dist_man_MANS = man/synapsed.yaml.5
