"""What a command said."""


def said(result):
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(result):
    assert result.exit_code == 1
    [sentence] = result.stderr.splitlines()
    return sentence
