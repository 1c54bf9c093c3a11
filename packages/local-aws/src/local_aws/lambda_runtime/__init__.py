"""The Lambda runtime: runs deployed functions with AWS's own runtime client.

functions     the entry: invoke what an ARN stands for
function      what a function version is, read from the Lambda API
pool          warm workers of one version
worker        one execution environment: process, environment, runtime_api; init_error when it
              does not come up
bootstrap     what runs in it, at the other end of runtime_api
code          the files of a version on disk
calls         where those of the Lambda API arrive, each a call
ended         what observers are told of each invocation
logs          what a function prints, to CloudWatch Logs; platform_log is what Lambda adds, tail
              the end of it for a caller
"""
