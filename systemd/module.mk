# Unit files, the user, folders. `make install` puts them below the prefix; a package says
# --with-systemdsystemunitdir=/lib/systemd/system. Examples of drop-ins are documentation.

SYSTEMD_UNITS = systemd/synapsed.service systemd/synapsed@.service
SYSTEMD_IN = $(top_srcdir)/systemd/synapsed.service.in
UNIT_SED = $(SED) -e 's,[@]bindir@,$(bindir),g' -e 's,[@]docdir@,$(docdir),g'

systemdsystemunit_DATA = $(SYSTEMD_UNITS) systemd/synapsed.socket
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dropinsdir = $(docdir)/systemd
dist_dropins_DATA = $(wildcard $(top_srcdir)/systemd/examples/*.conf)
dist_doc_DATA = $(top_srcdir)/etc/synapsed.yaml
CLEANFILES += $(SYSTEMD_UNITS)
EXTRA_DIST += systemd/synapsed.service.in systemd/synapsed.socket \
	systemd/sysusers.conf systemd/tmpfiles.conf

# The second name is for this one instance of many: %i.
systemd/synapsed.service: $(SYSTEMD_IN) Makefile
	@$(MKDIR_P) systemd
	$(AM_V_GEN)$(UNIT_SED) -e 's,@OF@,,' -e 's,@CONF@,,g' -e 's,@DASH@,,g' \
		$(SYSTEMD_IN) >$@.tmp && mv $@.tmp $@

systemd/synapsed@.service: $(SYSTEMD_IN) Makefile
	@$(MKDIR_P) systemd
	$(AM_V_GEN)$(UNIT_SED) -e 's,@OF@, of %i,' -e 's,@DASH@,-%i,g' \
		-e 's,@CONF@, -c /etc/synapsed/%i.yaml,g' $(SYSTEMD_IN) >$@.tmp && mv $@.tmp $@

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(top_srcdir)/systemd/sysusers.conf '$(DESTDIR)$(sysusersdir)/synapsed.conf'
	$(INSTALL_DATA) $(top_srcdir)/systemd/tmpfiles.conf '$(DESTDIR)$(tmpfilesdir)/synapsed.conf'

uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/synapsed.conf' '$(DESTDIR)$(tmpfilesdir)/synapsed.conf'
