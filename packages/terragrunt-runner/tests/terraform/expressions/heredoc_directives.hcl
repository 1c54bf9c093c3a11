<<-EOT
  %{ for x in ["a", "b"] ~}
  item ${x}
  %{ endfor ~}
  %{ if true }
  yes
  %{ else }
  no
  %{ endif }
  end ${~ "!" ~}
     after
  EOT
