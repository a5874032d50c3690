"""The sentences with which the validators of `copier.yml` refuse an answer."""

SLUG = "Use lower-case letters, digits and single hyphens"
PACKAGE = "Use lower-case letters, digits and single underscores"
INSTALLED = "is the name of a package that every project installs"
TAKEN = "is the name of a library or a keyword of Python"
LINE = "Write one line of 1 to 200 printable characters"
NAME = "Write a name of 1 to 100 printable characters"
EMAIL = "Write an e-mail address"
OWNER = "Write a name as GitHub allows it"
CHOICE = "Invalid choice"
STOPPED = "this release moves files, and your guard can't follow: make update"  # to guards that can't hand over
