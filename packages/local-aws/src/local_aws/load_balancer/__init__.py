"""The load balancer: serves every ALB of one account and Region on loopback ports.

The pure core, from configuration to answer:

model           what a load balancer is, immutable; reader builds it from the API's answers
http1           bytes as the head of a request; chunks as its body; incoming as whole requests
desync          what is suspicious about it
request         one HTTP request as the rules see it
matching        whether it meets a rule's conditions
decision        the rule it meets and what is to be done; stickiness is a client's earlier group
transforms      what the rule rewrites in it
event           the event of a Lambda target; forwarded and trace make its headers
interpretation  a function's response as an answer; redirect and pages are the other answers
wire            an answer as bytes
health          what the answers to health checks make of a target

The edges:

exchange        one request through the core and the functions
connection      one client; finished is what observers are told of each exchange
server          the sockets of one listener; ports which they are, tls what is on some
health_checks   the questions to the targets, at their intervals
api             the load balancers of an account, through the public AWS API
account         who reads them; own is what our own control plane does beyond that API
data_plane      follows changes, writes the state file
serving         the process that does it; keeper is the one that starts it, kept what ties them
"""
