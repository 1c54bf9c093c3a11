# Policies of each role, split by concern. A role can have ten.
locals {
  policy_length = 6144

  read = {
    read-network = { description = "Read the network and the ways in.", statements = local.read_network }
    read-service = { description = "Read function, documents, logs, alarms and roles.", statements = local.read_service }
  }
  plan = {
    plan-state = { description = "Read states and hold their locks.", statements = local.plan_state }
  }
  apply = {
    apply-entry         = { description = "Change load balancer and firewall.", statements = local.apply_entry }
    apply-function      = { description = "Change the function and logs.", statements = local.apply_function }
    apply-network       = { description = "Change the network.", statements = local.apply_network }
    apply-observability = { description = "Change alarms, dashboards and topics.", statements = local.apply_observability }
    apply-roles         = { description = "Change roles that carry the boundary.", statements = local.apply_roles }
    apply-state         = { description = "Write states and hold their locks.", statements = local.apply_state }
    apply-storage       = { description = "Change buckets, documents and keys.", statements = local.apply_storage }
  }

  policies = {
    for concern, policy in merge(local.read, local.plan, local.apply) : concern => {
      description = policy.description
      document    = jsonencode({ Version = "2012-10-17", Statement = policy.statements })
    }
  }

  concerns = {
    plan  = keys(merge(local.read, local.plan))
    apply = keys(merge(local.read, local.apply))
  }
  attachments = merge([
    for role, concerns in local.concerns : {
      for concern in concerns : "${role}/${concern}" => { role = role, concern = concern }
    }
  ]...)
}
