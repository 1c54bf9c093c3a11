<<EOT
${upper(<<INNER
in
INNER
)}
out
EOT
