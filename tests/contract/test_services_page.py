from __future__ import annotations

import pytest
from local_aws_tests import services_page as page


@pytest.mark.timeout(300)  # imports every service of moto, and reads all models of botocore
def test_the_page_of_services_is_up_to_date() -> None:
    text = page.PAGE.read_text("utf-8")
    assert page.rendered(text) == text, "run ./inv fmt"
