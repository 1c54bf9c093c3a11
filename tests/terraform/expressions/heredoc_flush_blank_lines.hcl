<<-EOT

    a
  
      b

    EOT
