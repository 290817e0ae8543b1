"""The methods are made in a loop, as closures, each twice."""

from bnlab_solutions import *

_Proposal = TestBatchNorm


class TestBatchNorm:
    pass


def made(number, method):
    def test(self, bn):
        print("round", number)
        method(self, bn)

    return test


for _name, _method in list(vars(_Proposal).items()):
    if _name.startswith("test_"):
        for _number in (1, 2):
            setattr(TestBatchNorm, f"{_name}_{_number}", made(_number, _method))
