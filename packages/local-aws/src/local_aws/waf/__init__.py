"""AWS WAF: evaluation of a web ACL.

Source: AWS WAF developer guide, https://docs.aws.amazon.com/waf/latest/developerguide/
"""
