print("nexus-engine")
