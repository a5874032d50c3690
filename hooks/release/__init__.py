"""Is a release safe to update to? One module a family of rules; `rules.findings` applies them all.

A rule is a function from one or two templates to a list of findings. It changes nothing and prints nothing.
"""
