(
  true
  ? [1,
    2]
  : [] /* none */
)
