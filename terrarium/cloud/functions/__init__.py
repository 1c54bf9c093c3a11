"""The Lambda runtime: runs deployed functions with AWS's own runtime client.

``function`` what a function is · ``code`` its files on disk · ``environment`` its variables
``worker`` one process · ``runtime_api`` what the process talks to · ``pool`` warm workers of one version
``logs`` CloudWatch Logs · ``functions`` the entry: invoke an ARN
"""
