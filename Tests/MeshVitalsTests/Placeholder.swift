import MeshVitals
