SELECT {{ quadint }} & 31
