"""HTTP: routes, requests, answers, problem details."""
