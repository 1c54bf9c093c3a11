<<EOT
a
  b ${1 + 1}
\n "quoted" $${x} %%{y}
EOT
