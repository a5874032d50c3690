"""The model as a package: one module a stage of `dvc.yaml`, all reading one contract, `schema.py`."""
