"""One function per breaking version: what the owner of a project has to do once, written as code.

None is needed yet. A release that retires files or questions and raises the major version needs one, named by that
version, documented, and called by hand in the project, because a template that runs code needs the user's trust:

    def v2_0_0(project: Path) -> None:
        \"\"\"Moves the thresholds from `gates.yaml` to `params.yaml`, section `evaluate`.\"\"\"

It must do nothing when it is run a second time. `make release-check` refuses a breaking release without it.
"""
