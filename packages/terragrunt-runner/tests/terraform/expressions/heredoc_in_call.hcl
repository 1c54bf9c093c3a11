[upper(<<EOT
a
EOT
), 1, <<-OTHER
  x
  OTHER
]
