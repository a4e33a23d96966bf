dist_man_MANS = man/synapsed.8 man/synapsed.yaml.5 man/synapsed-definition.5 man/synapsed-http.7
