"""LitServe, one worker: `python lit.py PORT`."""

import sys
from typing import Any

import litserve
from pipeline import Model


class Api(litserve.LitAPI):
    """Answers rows."""

    def setup(self, device: str) -> None:
        """Loads the model."""
        self.model = Model()

    def decode_request(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Takes the rows out of the body."""
        return list(request["rows"])

    def predict(self, rows: list[dict[str, Any]]) -> list[float]:
        """Returns probabilities."""
        return self.model(rows)

    def encode_response(self, output: list[float]) -> dict[str, list[float]]:
        """Puts them into the answer."""
        return {"predictions": output}


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, log_level="warning", generate_client_file=False
    )
