<<-EOT
    a

      b ${1}
    ${"  x"}
  	tab
    EOT
