"""The scenario document: whom it speaks for, what happens, and the rules that span its keys."""
