# The image of the service as Lambda wants it: the same image, and an adapter that hands requests to its port.
#   docker build --file deploy/terraform/aws/lambda.Dockerfile --build-arg SERVICE=IMAGE@sha256:... --tag ECR/service:VERSION .
ARG SERVICE
# hadolint ignore=DL3006
FROM ${SERVICE}
COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1 /lambda-adapter /opt/extensions/lambda-adapter
