"""Lambda data plane: runs functions with AWS's runtime client in worker processes.

invoker                runs functions for target groups and for callers of Invoke
invoke_server          takes calls of Invoke from the control plane, with the messages of
                       invoke_protocol
lambda_api             reads functions, aliases and policies
function_version       function versions, ARNs, and the target of an ARN
deployment_package     code of a version on disk
worker_pool            warm workers of a version
worker                 one execution environment
worker_process         its process; environment_variables has its environment
runtime_api            its Runtime API; bootstrap is the other end, in the process
invocation             an invocation and its outcome
platform_log           lines that Lambda adds to the log
"""
