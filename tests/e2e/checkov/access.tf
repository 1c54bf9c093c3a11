resource "aws_iam_role" "unbounded" { # fails TERRARIUM_PERMISSIONS_BOUNDARY
  name               = "unbounded"
  assume_role_policy = "{}"
}

resource "aws_iam_user" "unbounded" { # fails TERRARIUM_PERMISSIONS_BOUNDARY
  name = "unbounded"
}

resource "aws_iam_role" "correct" {
  name                 = "correct"
  assume_role_policy   = "{}"
  permissions_boundary = "arn:aws:iam::111111111111:policy/boundary"
}

resource "aws_lambda_function" "password" { # fails TERRARIUM_SECRET_IN_ENVIRONMENT
  function_name = "password"
  role          = aws_iam_role.correct.arn

  environment {
    variables = { DB_PASSWORD = "hunter2" }
  }
}

resource "aws_lambda_function" "url" { # fails TERRARIUM_SECRET_IN_ENVIRONMENT
  function_name = "url"
  role          = aws_iam_role.correct.arn

  environment {
    variables = { DATABASE = "postgres://app:hunter2@db/app" }
  }
}

resource "aws_lambda_function" "correct" {
  function_name = "correct"
  role          = aws_iam_role.correct.arn

  environment {
    variables = {
      CORS_ORIGINS = "https://www.example.com"
      DB_PASSWORD  = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db"
    }
  }
}
