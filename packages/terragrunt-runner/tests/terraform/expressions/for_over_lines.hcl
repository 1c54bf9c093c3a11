{
  for k, v in { a = 1, b = 2 } :
  # a comment
  upper(k) => {
    value = v
    twice = v * 2,
  }
  if v > 1
}
