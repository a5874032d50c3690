# Hands the template's commands on to .template/Makefile, except those that the Makefile, or what it includes before this
# file, defines itself. No tab, because a Makefile may set another prefix; the hash in a variable, for older versions of make.
template_hash := \#
template_own := $(shell awk -F: '/^[A-Za-z0-9_.][^:=\t]*:([^=]|$$)/ {print $$1}' $(filter-out .template/commands.mk,$(MAKEFILE_LIST)))
template_all := $(shell awk -F: '/^[a-z-]+:.*$(template_hash)$(template_hash) / {print $$1}' .template/Makefile $(wildcard mk/*.mk))
template_commands := $(filter-out $(template_own),$(template_all))
.PHONY: $(template_commands)
$(template_commands): ; @$(MAKE) --no-print-directory --file .template/Makefile $@
