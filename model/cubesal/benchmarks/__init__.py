"""What the parts cost on this machine: each module measures one of them and returns medians.

Work that is compared takes turns within one run, for machines are shared and their speed wanders.
"""
