{
  a = 1 + 2 # three
  "b" : 2
  c   = [
    1,
    2
  ]

  d = { e = 1
    f = 2 }
  g = -1
  (upper("h")) = "i"
}
