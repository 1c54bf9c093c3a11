"""AWS WAF for the load balancer inside the machine: what a web ACL makes of a request.

inspection.py       the parts of a request that statements look at
transformations.py  what is done to a part before it is compared
statements.py       a statement of the API as a predicate
rate.py             requests counted over a sliding window
web_acl.py          rules in order, and the verdict
reader.py           the API's answers as a web ACL

A pure core: reader.py alone asks the API, and nothing here knows a clock but through arguments.
Source: AWS WAF developer guide, https://docs.aws.amazon.com/waf/latest/developerguide/
"""
