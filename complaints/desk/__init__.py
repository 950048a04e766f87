"""The staff pages of cases, one module for each part of the work; CaseAdmin hangs their urls."""
