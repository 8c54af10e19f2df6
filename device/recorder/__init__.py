"""Pictures and clips of what the cameras see, for whoever shows or keeps them; masks are burned in before."""
