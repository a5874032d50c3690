"""One module a stage of `dvc.yaml`: reads its parameters, calls, and writes."""
