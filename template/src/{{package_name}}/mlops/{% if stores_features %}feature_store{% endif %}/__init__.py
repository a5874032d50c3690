"""The feature store: what a model is trained on, joined point in time, is what the service reads online."""

# Feast, imported first, would turn this library to its mode for many processes, in which metrics are shared files.
import prometheus_client as prometheus_client
