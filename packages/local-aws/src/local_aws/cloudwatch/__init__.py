"""What AWS tells about load balancers and functions: logs in S3, metrics in CloudWatch.

The pure core:

names           resource ids, and where log files are
access_log      an exchange as a line; connection_log a connection
distribution    values of a metric within a minute, and the metrics of a minute
balancer_metrics
                what is counted of an exchange; function_metrics of an invocation

The edges:

log_delivery    lines collected, and delivered as files; log_bucket the bucket that gets them
metric_delivery
                a minute's metrics, to CloudWatch
observer        all of it, told by the data plane
"""
