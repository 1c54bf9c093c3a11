"""CloudWatch metrics, and the log files and log streams of load balancers and functions.

observer                  the CloudWatch side of a data plane: everything below, told of requests
log_entries               lines of the access log and the connection log
access_log_delivery       both logs as files in S3
function_log_delivery     function logs to CloudWatch Logs
load_balancer_metrics, web_acl_metrics, function_metrics
                          counts of one minute
periodic_delivery         what the three deliveries share
metric_values             metrics and their values
metric_delivery           metrics to CloudWatch
"""
